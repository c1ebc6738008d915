"""Makes the README's pictures anew: `python tests/pictures.py` drives the sandbox's page and writes `.pictures/`."""

import asyncio
import shutil
from pathlib import Path
from typing import Any

from aiohttp import web
from playwright.async_api import async_playwright

from bot.sandbox.page.house import House
from bot.sandbox.page.server import application

PICTURES = Path(__file__).parents[1] / ".pictures"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
SIZE = {"width": 1500, "height": 900}


async def main() -> None:
    """One story, five pictures."""
    PICTURES.mkdir(exist_ok=True)
    house = House()
    await house.open()
    runner = web.AppRunner(application(house), access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        await house.ready()
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
            page = await browser.new_page(viewport=SIZE)
            await page.goto(f"http://127.0.0.1:{runner.addresses[0][1]}/")
            await tell(page)
            await browser.close()
    finally:
        await runner.cleanup()
        await house.close()


async def tell(page: Any) -> None:
    """Look up, save, confirm; then what is behind the curtain."""
    await type_in(page, "/crm northwind")
    await page.locator(".line.private").wait_for()
    await page.get_by_role("button", name="Show me the menu").click()
    await take(page, "look-up")
    await page.keyboard.press("Enter")
    form = page.get_by_role("dialog")
    await form.get_by_role("combobox", name="Records").fill("conto")
    await form.get_by_role("option", name="Contoso").first.wait_for()
    await take(page, "form")
    await form.get_by_role("option", name="Contoso").first.click()
    await form.get_by_role("button", name="Review").click()
    await page.get_by_role("link", name="Show me the card").click()
    confirm = page.get_by_role("button", name="Confirm")
    await confirm.wait_for()
    await confirm.click()
    await page.get_by_role("button", name="Undo").wait_for()
    await page.locator("#curtain .rows > li", has_text="Call with Contoso").wait_for()
    await take(page, "confirmed")
    await behind(page)


async def behind(page: Any) -> None:
    """The proposals' states and the faults, in the dark."""
    await page.get_by_label("Close the thread").click()
    await page.get_by_role("button", name="Light or dark").click()
    await page.get_by_role("tab", name="Proposals").click()
    await page.locator(".proposal summary").first.click()
    await take(page, "proposals")
    await page.get_by_role("tab", name="Faults").click()
    await page.get_by_role("switch", name="Slow CRM").click()
    await take(page, "faults")


async def type_in(page: Any, text: str) -> None:
    await page.locator("#say").fill(text)
    await page.locator("#say").press("Enter")


async def take(page: Any, name: str) -> None:
    """Take the picture once nothing is on its way."""
    await page.wait_for_timeout(400)
    await page.screenshot(path=PICTURES / f"{name}.png")


if __name__ == "__main__":
    asyncio.run(main())
