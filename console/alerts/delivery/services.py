"""Alerts to whatever Apprise knows: `pip install 'model-console[apprise]'`."""

from __future__ import annotations

import logging
from typing import Any

from console.alerts.delivery.channel import DeliveryError
from console.alerts.delivery.notice import Message
from console.alerts.delivery.pacing import Manner
from console.alerts.delivery.text import body, subject
from console.config.delivery import Recipient, Secret

MISSING = "Apprise is not installed: pip install 'model-console[apprise]'"


class Services:
    """The way to one address of Apprise's."""

    manner = Manner()

    def __init__(self, recipient: Recipient) -> None:
        self._recipient = recipient

    def send(self, message: Message) -> None:
        """Hands the message to Apprise; taken is what it says was taken."""
        apprise = library()
        url = self._recipient.url
        address = url.read() if isinstance(url, Secret) else str(url)
        place = url.place if isinstance(url, Secret) else "url"
        asset = apprise.AppriseAsset(
            app_id="model-console",
            async_mode=False,
            secure_logging=True,
            storage_mode=apprise.PersistentStoreMode.MEMORY,
        )
        services = apprise.Apprise(asset=asset)
        try:
            known = services.add(address)
            taken = known and services.notify(
                title=subject(message),
                body=body(message),
                body_format=apprise.NotifyFormat.TEXT,
                notify_type=apprise.NotifyType.FAILURE
                if message.critical
                else apprise.NotifyType.INFO,
            )
        except Exception as error:  # noqa: BLE001 - a plug-in of Apprise's may raise anything
            raise DeliveryError(f"Apprise broke ({type(error).__name__})") from None
        if not known:
            raise DeliveryError(f"{place} holds no address that Apprise knows")
        if not taken:
            raise DeliveryError(f"the service in {place} did not take it")

    def abort(self) -> None:
        """Does nothing: Apprise gives up by itself after some seconds."""


def library() -> Any:
    """Apprise, made silent: its log lines hold addresses. Raises DeliveryError if it is missing."""
    try:
        import apprise
    except ImportError:
        raise DeliveryError(MISSING) from None
    logger = logging.getLogger("apprise")
    logger.propagate = False
    logger.handlers = [logging.NullHandler()]
    return apprise
