"""How a check ends a loop that a student's code never leaves."""

import _thread
import signal
import sys
import threading
from types import FrameType
from typing import Any


class TimeLimit:
    """A `with` block in the main thread ends with TimeoutError after some seconds, on every system.

    Where an `except:` swallows that, it is raised again at the next line, which lies outside the
    `try`, and every fifth of a second after. (Several around each other can still swallow it.)
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._late, self._inside, self._over = False, False, threading.Event()
        self._watcher: threading.Thread | None = None

    def __enter__(self) -> None:
        if threading.current_thread() is not threading.main_thread():
            return  # only the main thread can be interrupted
        self._outer, self._tracing = sys._getframe(1), sys.gettrace()
        self._handler = signal.signal(signal.SIGINT, self._interrupted)
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()
        # Set last here and cleared first at the end: `_interrupted` ignores signals in between.
        self._inside = True

    def _watch(self) -> None:
        main, wait = threading.main_thread().ident or 0, self.seconds
        while not self._over.wait(wait):
            self._late, wait = True, 0.2
            if hasattr(signal, "pthread_kill"):  # also wakes a thread that sleeps
                signal.pthread_kill(main, signal.SIGINT)
            else:
                _thread.interrupt_main()

    def _interrupted(self, _number: int, frame: FrameType | None) -> None:
        if self._late:
            if not self._inside or frame is None or frame.f_code.co_filename == __file__:
                return  # the block has just ended, or has not begun
            while frame is not None and frame is not self._outer:
                frame.f_trace, frame = _interrupt_line, frame.f_back
            # A frame's `f_trace` works only while a global trace function is set.
            sys.settrace(lambda *_: None)
        raise KeyboardInterrupt  # or the student pressed Stop

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._watcher is None:
            return
        self._inside = False
        self._over.set()
        self._watcher.join()
        sys.settrace(self._tracing)
        signal.signal(signal.SIGINT, self._handler or signal.default_int_handler)
        if self._late and (kind is None or issubclass(kind, KeyboardInterrupt)):
            raise TimeoutError from None


def _interrupt_line(_frame: FrameType, event: str, _arg: object) -> Any:
    if event == "line":
        raise KeyboardInterrupt
    return _interrupt_line
