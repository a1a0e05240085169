"""Alerts by e-mail: plain text over SMTP, encrypted unless the settings say otherwise.

All messages on one alert refer to the first, so that a mail program shows them as one thread.
"""

from __future__ import annotations

import smtplib
import socket
import ssl
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime

from console.alerts.delivery.channel import DeliveryError
from console.alerts.delivery.notice import Message
from console.alerts.delivery.pacing import Manner
from console.alerts.delivery.text import body, subject
from console.alerts.delivery.transport import shut, trust, unreachable
from console.config.delivery import PORTS, Recipient

DOMAIN = "model-console.invalid"
"""Right-hand side of message ids: a name that nobody has (RFC 2606)."""


class Mail:
    """The way to the addresses of one recipient."""

    manner = Manner()

    def __init__(self, recipient: Recipient) -> None:
        self._recipient = recipient
        self._port = recipient.port or PORTS[recipient.security]
        self._smtp: smtplib.SMTP | None = None

    def send(self, message: Message) -> None:
        """Hands a message to the server; taken is what it answered 250 to."""
        password = None if self._recipient.password is None else self._recipient.password.read()
        where = f"{self._recipient.server}:{self._port}"
        try:
            self._smtp = smtp = self._opened()
            try:
                smtp.connect(self._recipient.server, self._port)
                self._log_in(smtp, where, password)
                refused = smtp.send_message(letter(self._recipient, message))
            finally:
                smtp.close()
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _ in error.recipients.values()]
            raise DeliveryError(
                f"{where} takes no mail for {_several(len(codes))} ({codes[0]})",
                final=all(500 <= code < 600 for code in codes),
            ) from None
        except smtplib.SMTPResponseException as error:
            raise _refusal(where, error) from None
        except smtplib.SMTPServerDisconnected as error:
            late = isinstance(error.__context__, TimeoutError)
            raise DeliveryError(f"{where}{': no answer in time' if late else ' hung up'}") from None
        except smtplib.SMTPException as error:
            raise DeliveryError(f"{where}: {type(error).__name__}") from None
        except OSError as error:
            raise unreachable(where, error) from None
        except UnicodeError:
            raise DeliveryError(f"{where}: user or password are not ASCII, as SMTP wants") from None
        finally:
            self._smtp = None
        if refused:
            raise DeliveryError(f"{where} took it but for {_several(len(refused))}", final=True)

    def abort(self) -> None:
        """Breaks off the connection."""
        smtp = self._smtp
        if smtp is not None:
            shut(smtp.sock)

    def _opened(self) -> smtplib.SMTP:
        one = self._recipient
        if one.security == "tls":
            return _Encrypted(one.server, one.timeout_s, trust(one.authority))
        return _Plain(one.server, one.timeout_s)

    def _log_in(self, smtp: smtplib.SMTP, where: str, password: str | None) -> None:
        one = self._recipient
        smtp.ehlo_or_helo_if_needed()
        if one.security == "starttls":
            if not smtp.has_extn("starttls"):
                raise DeliveryError(
                    f'{where} offers no encryption: set security = "tls", or "none" if it may be'
                )
            smtp.starttls(context=trust(one.authority))
            smtp.ehlo()
        if one.user is not None and password is not None:
            smtp.login(one.user, password)


class _Plain(smtplib.SMTP):
    """Known before it is connected, so that another thread can break it off."""

    def __init__(self, host: str, timeout_s: float) -> None:
        super().__init__(local_hostname=socket.gethostname() or "localhost", timeout=timeout_s)
        self._host = host  # what the server's certificate must be made out to


class _Encrypted(smtplib.SMTP_SSL):
    """The same, encrypted from the first byte on."""

    def __init__(self, host: str, timeout_s: float, context: ssl.SSLContext) -> None:
        name = socket.gethostname() or "localhost"
        super().__init__(local_hostname=name, timeout=timeout_s, context=context)
        self._host = host


def letter(recipient: Recipient, message: Message) -> EmailMessage:
    """The e-mail of a message."""
    mail = EmailMessage()
    mail["From"] = recipient.sender
    mail["To"] = ", ".join(recipient.to)
    mail["Subject"] = subject(message)
    mail["Date"] = format_datetime(datetime.fromtimestamp(message.at, UTC))
    mail["Message-ID"] = f"<{message.key}@{DOMAIN}>"
    mail["Auto-Submitted"] = "auto-generated"
    first = message.notices[0]
    if len(message.notices) == 1 and first.thread != first.id:
        mail["In-Reply-To"] = mail["References"] = f"<{first.thread}@{DOMAIN}>"
    mail.set_content(body(message), charset="utf-8", cte="quoted-printable")
    return mail


def _refusal(where: str, error: smtplib.SMTPResponseException) -> DeliveryError:
    code = error.smtp_code
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return DeliveryError(f"{where} refuses the login ({code}): mend user or password")
    what = "the sender" if isinstance(error, smtplib.SMTPSenderRefused) else "the mail"
    return DeliveryError(f"{where} refuses {what} ({code})", final=500 <= code < 600)


def _several(count: int) -> str:
    return "one address" if count == 1 else f"{count} addresses"
