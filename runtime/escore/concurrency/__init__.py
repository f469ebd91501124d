"""Threads: how many this process may use, how windows are spread over them, and how many run at once."""
