"""What a kernel starts with; `course.py settings` copies this to etc/ipython of the environment.

A student who runs a cell in the middle of a lesson first misses a name before any cell has
imported `helpers`. So the hint of `helpers.missing_names` must be there before, and must cost
nothing until then: importing torch at the start of every kernel would take seconds.
"""

c = get_config()  # type: ignore[name-defined] # noqa: F821
c.InteractiveShellApp.exec_lines = [
    "get_ipython().events.register('post_run_cell', lambda result: "
    "isinstance(result.error_in_exec, NameError) "
    "and 'helpers' not in __import__('sys').modules "
    "and __import__('helpers.missing_names').missing_names.explain(result))"
]
