"""What a way to people must do, and which there are."""

from __future__ import annotations

from typing import Protocol

from console.alerts.delivery.notice import Message
from console.alerts.delivery.pacing import Manner
from console.config.delivery import Recipient


class DeliveryError(Exception):
    """A message was not taken; the line says why, in words of ours alone.

    Nothing that the other side said is in it, nor any address that may hold a secret.
    """

    def __init__(self, problem: str, *, final: bool = False, after_s: float = 0.0) -> None:
        super().__init__(problem)
        self.final = final
        """This very message will never be taken: it is not tried again."""
        self.after_s = after_s
        """How long the other side wants to be left alone."""


class Channel(Protocol):
    """One way to one recipient. Used by one thread, `abort` by any."""

    manner: Manner

    def send(self, message: Message) -> None:
        """Hands the message over; returns once it was taken. Raises DeliveryError, SecretError."""
        ...

    def abort(self) -> None:
        """Breaks off what is being sent."""
        ...


def open_channel(recipient: Recipient) -> Channel:
    """The way to a recipient; nothing is connected yet."""
    match recipient.kind:
        case "email":
            from console.alerts.delivery.mail import Mail

            return Mail(recipient)
        case "webhook":
            from console.alerts.delivery.alertmanager import Alertmanager

            return Alertmanager(recipient)
        case "pagerduty":
            from console.alerts.delivery.pagerduty import PagerDuty

            return PagerDuty(recipient)
        case "apprise":
            from console.alerts.delivery.services import Services

            return Services(recipient)
