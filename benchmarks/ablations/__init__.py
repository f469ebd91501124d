"""Tables of docs/ that show what each design choice brings."""
