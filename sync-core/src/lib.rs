//! Doorstep.
