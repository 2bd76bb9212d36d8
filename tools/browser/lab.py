"""JupyterLab in a real browser: what the browser tests, the benchmarks and `shoot` share.

`serve` starts a private JupyterLab on a copy of the lessons; `browser_page` opens Chromium;
`Lesson` drives one notebook in it.  Nothing here touches the reader's own JupyterLab settings.
"""

from __future__ import annotations

import ast
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from tools import ROOT
from tools.measured import mask
from tools.setup.browsers import FLAGS, find_chromium

SETTINGS = {
    # Every cell in the page, whether in view or not, so that a picture of it can be taken.
    "notebook-extension/tracker": {
        "windowingMode": "none",
        "autoStartDefaultKernel": True,
        "scrollPastEnd": False,
    },
    # A lesson that ran must not be saved over the stored one, which other tests open.
    "docmanager-extension/plugin": {"autosave": False},
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}
NOTEBOOK = "window.jupyterapp.shell.currentWidget"
STORED_PROBLEMS = """async path => {
    const none = {shouldStart: false, canStart: false, autoStartDefault: false};
    const panel = await window.jupyterapp.commands.execute('docmanager:open',
        {path, factory: 'Notebook', kernelPreference: none});
    await panel.context.ready;
    await panel.revealed;
    const problems = [];
    if (panel.sessionContext.session) problems.push('a kernel was started');
    for (const cell of panel.content.widgets) {
        await cell.ready;
        if (cell.model.type !== 'code') continue;
        const data = cell.model.outputs.toJSON().map(output => output.data || {});
        const kinds = data.map(bundle => Object.keys(bundle)).flat();
        const stored = kinds.filter(kind => kind.startsWith('image/')).length;
        const widgets = data.filter(bundle => 'application/vnd.jupyter.widget-view+json' in bundle
            || /^(Explorer|Canvas)\\(/.test([bundle['text/plain'] || ''].flat().join(''))).length;
        const wanted = Math.max(stored, widgets);
        const shown = () => [...cell.node.querySelectorAll('.jp-OutputArea img')];
        for (let wait = 0; shown().length < wanted && stored && wait < 100; wait++)
            await new Promise(done => setTimeout(done, 50));  // outputs come in after their cell
        for (const image of shown()) {
            try { await image.decode(); } catch { }
            if (!image.naturalWidth) problems.push(cell.model.id + ': a picture is broken');
        }
        if (shown().length < wanted) problems.push(
            `${cell.model.id}: ${wanted} pictures or widgets, but ${shown().length} shown`);
    }
    panel.dispose();
    return problems; }"""
# Notes every widget message that the page sends, until the kernel says that it is done with it.
WATCH = """() => {
    window.watch = {sent: 0, waiting: new Set()};
    NOTEBOOK.sessionContext.session.kernel.anyMessage.connect((kernel, {msg, direction}) => {
        const {header, parent_header, content} = msg;
        if (direction === 'send' && header.msg_type === 'comm_msg') {
            window.watch.sent += 1;
            window.watch.waiting.add(header.msg_id);
        } else if (header.msg_type === 'status' && content.execution_state === 'idle') {
            window.watch.waiting.delete(parent_header.msg_id);
        } }); }"""


def copy_lessons(target: Path, root: Path = ROOT) -> Path:
    """Copy notebooks and data to `target`; return the notebooks' folder there."""
    for name in ("notebooks", "data"):
        if (root / name).is_dir():
            ignore = shutil.ignore_patterns(".ipynb_checkpoints", "__pycache__")
            shutil.copytree(root / name, target / name, ignore=ignore, dirs_exist_ok=True)
    return target / "notebooks"


@contextmanager
def serve(folder: Path, private: Path) -> Iterator[str]:
    """Run JupyterLab on `folder` until the block ends; yield its address, ending in `?token=…`.

    `private` holds its settings, kernels' connection files and log (`jupyterlab.log`).
    """
    for name, values in SETTINGS.items():
        file = private / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(values))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    token = secrets.token_hex(16)
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--expose-app-in-browser"]
    command += ["--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}"]
    command += ["--ServerApp.port_retries=0", f"--IdentityProvider.token={token}"]
    command += [f"--ServerApp.root_dir={folder}"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")
    variables = {
        **os.environ,
        "JUPYTER_CONFIG_DIR": str(private / "config"),
        "JUPYTER_RUNTIME_DIR": str(private / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(private / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(private / "workspaces"),
        "IPYTHONDIR": str(private / "ipython"),
    }
    log = private / "jupyterlab.log"
    with log.open("wb") as stream:
        server = subprocess.Popen(
            command, cwd=folder, env=variables, stdout=stream, stderr=subprocess.STDOUT
        )
    try:
        _wait_for(f"http://127.0.0.1:{port}/api?token={token}", server, log)
        yield f"http://127.0.0.1:{port}/doc/tree/{{notebook}}?reset&token={token}"
    finally:
        server.terminate()  # the server ends its kernels
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _wait_for(
    address: str, server: subprocess.Popen[bytes], log: Path, seconds: float = 90
) -> None:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    end = time.monotonic() + seconds
    while time.monotonic() < end and server.poll() is None:
        try:
            direct.open(address, timeout=5).close()
            return
        except OSError:
            time.sleep(0.3)
    raise RuntimeError(f"JupyterLab did not start. Its log ends:\n{log.read_text()[-3000:]}")


@contextmanager
def tab(browser: Browser, width: int = 1280, height: int = 800) -> Iterator[Page]:
    """A page with a profile of its own."""
    page = browser.new_page(viewport={"width": width, "height": height})
    page.set_default_timeout(60_000)
    try:
        yield page
    finally:
        page.close()


@contextmanager
def chromium() -> Iterator[Browser]:
    """A running Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_chromium(), args=FLAGS, headless=True
        )
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def browser_page(width: int = 1280, height: int = 800) -> Iterator[Page]:
    """A page in a Chromium of its own."""
    with chromium() as browser, tab(browser, width, height) as page:
        yield page


def open_lab(page: Page, address: str) -> None:
    """Open JupyterLab without a notebook, unless it is open: one page serves many notebooks."""
    lab = address.replace("/doc/tree/{notebook}", "/lab")
    if page.url.partition("?")[0] != lab.partition("?")[0]:
        page.goto(lab)
        page.wait_for_function("window.jupyterapp && window.jupyterapp.shell")
        page.evaluate("window.jupyterapp.restored")


def stored_problems(page: Page, address: str, notebook: str) -> list[str]:
    """Open a notebook in a JupyterLab that starts no kernel for it; say which pictures lack."""
    open_lab(page, address)
    problems: list[str] = page.evaluate(STORED_PROBLEMS, notebook)
    return problems


def told(outputs: list[dict[str, Any]]) -> dict[str, str]:
    """The text of a cell's outputs by kind, measured numbers masked: what nbval compares, too."""
    found: dict[str, str] = {}
    for output in outputs:
        texts = output.get("data", {})
        if output["output_type"] == "stream":
            texts = {output["name"]: output["text"]}
        for kind in {"stdout", "stderr", "text/plain", "text/html", "text/latex"} & {*texts}:
            found[kind] = found.get(kind, "") + mask("".join(texts[kind]))
    return found


class Lesson:
    """One notebook open in JupyterLab.

    Args:
        page: the browser's page.
        address: what `serve` yielded.
        notebook: the notebook's path inside the served folder, with `/`.
    """

    def __init__(self, page: Page, address: str, notebook: str) -> None:
        self.page, self.notebook = page, notebook
        page.goto(address.format(notebook=notebook))
        page.wait_for_function(
            f"window.jupyterapp && {NOTEBOOK}?.context?.isReady"
            f" && {NOTEBOOK}.content.widgets.length"
        )
        page.wait_for_function(
            f"['idle', 'busy'].includes({NOTEBOOK}.sessionContext.session?.kernel?.status)"
        )
        page.evaluate(WATCH.replace("NOTEBOOK", NOTEBOOK))

    def close(self) -> None:
        """End the notebook's kernel, so that the next lesson has the memory."""
        self.page.evaluate(f"() => {NOTEBOOK}.sessionContext.shutdown()")

    def python(self, code: str, result: str = "None") -> Any:
        """Run code in the lesson's kernel, unseen by the notebook; return an expression's value.

        The value travels as text: numbers, strings, lists and dictionaries.
        """
        reply = self.page.evaluate(
            f"""async ([code, result]) => {{
                const kernel = {NOTEBOOK}.sessionContext.session.kernel;
                const future = kernel.requestExecute({{code, silent: true, store_history: false,
                    user_expressions: {{result}}}});
                return (await future.done).content; }}""",
            [code, result],
        )
        if reply["status"] != "ok":
            raise RuntimeError(f"{reply.get('ename')}: {reply.get('evalue')} in {code!r}")
        answer = reply["user_expressions"]["result"]
        if answer["status"] != "ok":
            raise RuntimeError(f"{answer.get('ename')}: {answer.get('evalue')} in {result!r}")
        return ast.literal_eval(answer["data"]["text/plain"])

    def mark_widgets(self) -> list[list[str]]:
        """Mark every `explore` widget as in `probe.py`; return the names of each one's controls."""
        source = (Path(__file__).parent / "probe.py").read_text("utf-8")
        load = "import sys, types; sys.modules['probe'] = types.ModuleType('probe')"
        self.python(
            f"if 'probe' not in __import__('sys').modules:\n    {load}\n"
            f"    exec({source!r}, sys.modules['probe'].__dict__)"
        )
        names: list[list[str]] = self.python("", "__import__('probe').mark()")
        return names

    def settle(self, seconds: float = 60) -> None:
        """Wait until every input so far has reached the kernel, been drawn, and come back.

        No guess about time: each message that the page sent has been answered, then the kernel says
        that its widgets have nothing left to draw, and messages keep their order.
        """
        while True:
            sent = self.page.evaluate("window.watch.sent")
            self.page.wait_for_function("window.watch.waiting.size === 0", timeout=seconds * 1000)
            self.python("await __import__('probe').settle()")
            if self.page.evaluate("window.watch.sent") == sent:
                return

    def run_all(self, seconds: float = 300) -> float:
        """Run every cell, as the menu's "Run All Cells" does; return the seconds taken."""
        start = time.monotonic()
        self.page.evaluate(
            """() => { window.lessonDone = null;
                window.jupyterapp.commands.execute('notebook:run-all-cells')
                    .then(() => { window.lessonDone = 'done'; },
                          error => { window.lessonDone = String(error); }); }"""
        )
        self.page.wait_for_function("window.lessonDone", timeout=seconds * 1000)
        self.wait_until_idle(seconds)
        return time.monotonic() - start

    def wait_until_idle(self, seconds: float = 60) -> None:
        """Wait until the kernel has nothing to do and the page has drawn it."""
        # Idle must last: between two widget messages the kernel is idle for a moment.
        self.page.wait_for_function(
            f"""async () => {{ for (let i = 0; i < 5; i++) {{
                if ({NOTEBOOK}.sessionContext.session?.kernel?.status !== 'idle') return false;
                await new Promise(done => setTimeout(done, 60)); }} return true; }}""",
            timeout=seconds * 1000,
        )

    def outputs(self) -> dict[str, list[dict[str, Any]]]:
        """What the code cells show, as notebooks store it: cell id → outputs."""
        found: dict[str, list[dict[str, Any]]] = self.page.evaluate(
            f"""() => Object.fromEntries({NOTEBOOK}.content.widgets
                .filter(cell => cell.model.type === 'code')
                .map(cell => [cell.model.id, cell.model.outputs.toJSON()]))"""
        )
        return found

    def problems(self) -> list[str]:
        """Errors, warnings on stderr and widgets that did not show, one line each."""
        found = []
        for cell, output in ((cell, one) for cell, all_ in self.outputs().items() for one in all_):
            if output["output_type"] == "error":
                found.append(f"cell {cell}: {output['ename']}: {output['evalue']}")
            elif output.get("name") == "stderr":
                text = "".join(output["text"]).strip()
                if "%|" not in text:  # a progress bar without widgets
                    found.append(f"cell {cell}: stderr: {text}")
        for text in ("Error displaying widget", "Error creating widget", "Loading widget..."):
            if count := self.page.get_by_text(text).count():
                found.append(f"{count} times in the page: {text}")
        return found

    def shoot(self, folder: Path, stem: str, height: int = 1300) -> list[Path]:
        """Save the whole notebook as pictures of at most `height` pixels each."""
        folder.mkdir(parents=True, exist_ok=True)
        width = self.page.viewport_size["width"] if self.page.viewport_size else 1280
        self.page.set_viewport_size({"width": width, "height": height})
        self.page.mouse.move(0, 0)
        panel = self.page.locator(".jp-WindowedPanel-outer").first
        panel.evaluate("e => { e.scrollTop = 0; }")
        self.page.wait_for_timeout(500)
        for old in folder.glob(f"{stem}_p*.png"):
            old.unlink()
        files: list[Path] = []
        top = 0
        while True:
            total, view = panel.evaluate(
                f"e => {{ e.scrollTop = {top}; return [e.scrollHeight, e.clientHeight]; }}"
            )
            self.page.wait_for_timeout(200)
            file = folder / f"{stem}_p{len(files) + 1:02d}.png"
            panel.screenshot(path=file)
            files.append(file)
            if top + view >= total:
                return files
            top += view - 40  # a little overlap, so that no line is cut in both pictures
