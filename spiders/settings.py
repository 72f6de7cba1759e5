"""What this room reads from the environment: where files go, who we are, tokens and the pepper.

Secrets come from `SOURCER_…` or the file named by `SOURCER_…_FILE`, never from TOML and never from arguments.
Nothing here can let the door reach a private address: that is a constructor argument of `spiders.door.Door`.
"""

from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from pydantic import SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from spiders.errors import SourceRefused

PEPPER_MIN_BYTES = 16


class Settings(BaseSettings):
    """The environment of one child. home: pages, mirrors and rate buckets live below it."""

    model_config = SettingsConfigDict(env_prefix="SOURCER_", extra="ignore", frozen=True)

    home: Path = Path(".sourcer")
    contact: str = ""
    github_token: SecretStr | None = None
    github_token_file: Path | None = None
    pepper: SecretStr | None = None
    pepper_file: Path | None = None

    @property
    def user_agent(self) -> str:
        """Return the one identity we show everywhere: product, version, operator's contact."""
        if not self.contact:
            raise SourceRefused(
                "no contact: set SOURCER_CONTACT to an address or page where you can be reached"
            )
        try:
            number = version("sourcing")
        except PackageNotFoundError:  # a checkout that was never installed
            number = "0"
        return f"sourcer/{number} (+{self.contact.encode('ascii', 'replace').decode()})"

    def github(self) -> str | None:
        """Return the GitHub token, None if there is none."""
        return _secret(self.github_token, self.github_token_file, "SOURCER_GITHUB_TOKEN_FILE")

    def pepper_bytes(self) -> bytes:
        """Return the secret that keys every digest. Raises SourceRefused if it is missing or too short."""
        kept = self.home / "pepper"
        file = self.pepper_file or (kept if kept.is_file() else None)
        secret = (_secret(self.pepper, file, "SOURCER_PEPPER_FILE") or "").encode()
        if len(secret) < PEPPER_MIN_BYTES:
            raise SourceRefused(
                f"no pepper of at least {PEPPER_MIN_BYTES} bytes: run `sourcer init` or set SOURCER_PEPPER_FILE"
            )
        return secret


def load_settings(home: Path | None = None) -> Settings:
    """Return the settings of this process. Raises SourceRefused naming the variable that is wrong."""
    try:
        return Settings(home=home) if home is not None else Settings()
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise SourceRefused(f"SOURCER_{where.upper()}: {error.errors()[0]['msg']}") from None


def _secret(value: SecretStr | None, file: Path | None, name: str) -> str | None:
    """Return a secret from its variable, else from its file; None if neither is set or both are empty."""
    if value is not None:
        return value.get_secret_value().strip() or None
    if file is None:
        return None
    try:
        return file.read_text(encoding="utf-8").strip() or None
    except (OSError, UnicodeDecodeError) as error:
        raise SourceRefused(f"{name}: cannot read the file it names: {type(error).__name__}") from None
