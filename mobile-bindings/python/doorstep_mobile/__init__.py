"""The Doorstep phone library: a worker's day, offline first. See the README beside this package."""

from . import leaving as _leaving  # noqa: F401  registers what runs when the interpreter ends
from .doorstep import *  # noqa: F403  the generated interface is this package's
from .doorstep import build_info
from .http import HttpTransport

__version__ = "0.1.0"

if build_info().version != __version__:
    raise ImportError(
        f"this is doorstep-mobile {__version__}, but the library beside it is {build_info().version}: build both anew"
    )
