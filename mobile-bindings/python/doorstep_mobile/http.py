"""HTTP by the standard library: what an app would bring from its platform."""

import asyncio
import http.client
import urllib.error
import urllib.request

from .doorstep import Request, Response, Transport, TransportError


class HttpTransport(Transport):
    """Sends to one server, with a new connection for each request: phones lose theirs all the time."""

    def __init__(self, base: str) -> None:
        self.base = base.rstrip("/")

    async def send(self, request: Request, deadline_ms: int) -> Response:
        return await asyncio.to_thread(self.post, request, deadline_ms / 1000)

    def post(self, request: Request, seconds: float) -> Response:
        """The same for a thread that may wait."""
        asked = urllib.request.Request(
            self.base + request.path,
            data=request.body,
            method="POST",
            headers={"Content-Type": request.content_type},
        )
        try:
            with urllib.request.urlopen(asked, timeout=seconds) as answer:
                return Response(status=answer.status, body=answer.read())
        except urllib.error.HTTPError as refused:
            return Response(status=refused.code, body=refused.read())
        except http.client.IncompleteRead as cut:
            raise TransportError.Cut(cut.partial) from cut
        except (OSError, http.client.HTTPException) as lost:
            raise TransportError.Offline() from lost
