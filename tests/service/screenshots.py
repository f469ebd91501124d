"""`make screenshots`: pictures of the page for docs/pictures, light, dark and as wide as a phone."""

from tests.conftest import ROOT
from tests.service.browser import DESKTOP, PHONE, chromium, visiting
from tests.service.servers import serve

FOLDER = ROOT / "docs" / "pictures"
SETTINGS = {
    "light": {"viewport": DESKTOP, "color_scheme": "light"},
    "dark": {"viewport": DESKTOP, "color_scheme": "dark"},
    "phone": PHONE | {"color_scheme": "light"},
}


def main() -> None:
    """Write FOLDER/page-light.png, page-dark.png and page-phone.png."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with serve() as server, chromium() as browser, visiting(browser) as visit:
        for name, settings in SETTINGS.items():
            page = visit(server, **settings)
            path = FOLDER / f"page-{name}.png"
            page.screenshot(path=path)
            print(f"{path.relative_to(ROOT)}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
