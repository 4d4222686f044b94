"""One command that runs everything on one machine: `python -m lims.supervisor`, which `make run` calls.

It starts broker, worker, timetable and web server as child processes, restarts what dies and stops them all together.
It loads no Django: what needs Django runs in a child. Not for a laboratory with a process manager of its own.
"""
