"""Fetching what a person sent from where their platform keeps it."""

from collections.abc import Mapping

from aiohttp import ClientConnectorError, ClientError, ClientSession, ClientTimeout, ConnectionTimeoutError
from yarl import URL

from bot.outreach.delivery import TOO_LARGE, Interrupted, RateLimited, Refused, SetupFault

PATIENCE = ClientTimeout(total=120, sock_connect=5, sock_read=20)
PAUSE = 30.0


async def download(session: ClientSession, url: str, headers: Mapping[str, str], most: int) -> bytes:
    """The bytes at the address, `most` at most. Raises a DeliveryFailed. What redirects does not let us in."""
    try:
        async with session.get(
            URL(url, encoded=True), headers=headers, timeout=PATIENCE, allow_redirects=False
        ) as response:
            if response.status == 429:
                after = response.headers.get("Retry-After", "")
                raise RateLimited("ratelimited", float(after) if after.isdigit() else PAUSE)
            if response.status in (401, 403) or 300 <= response.status < 400:
                raise SetupFault("not_allowed")
            if response.status >= 500:
                raise Interrupted(f"http_{response.status}", unknown=False)
            if response.status != 200:
                raise Refused(f"http_{response.status}")
            data = bytearray()
            async for chunk in response.content.iter_chunked(1 << 16):
                data += chunk
                if len(data) > most:
                    raise Refused(TOO_LARGE)
            return bytes(data)
    except (ClientConnectorError, ConnectionTimeoutError) as error:
        raise Interrupted("not_connected", unknown=False) from error
    except (ClientError, OSError) as error:
        code = "timeout" if isinstance(error, TimeoutError) else "connection_lost"
        raise Interrupted(code, unknown=False) from error
