"""The page with the slider, and the HTTP service."""

from typing import TYPE_CHECKING, Any

from escore_service.limits import Limits

if TYPE_CHECKING:
    from escore_service.app import create_app

__all__ = ["Limits", "create_app"]


def __getattr__(name: str) -> Any:
    if name == "create_app":  # looked up when asked for: corrections are read and exported without Flask
        from escore_service.app import create_app

        return create_app
    raise AttributeError(f"module 'escore_service' has no attribute '{name}'")
