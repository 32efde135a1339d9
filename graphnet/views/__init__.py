"""Pictures: of a network (drawing, and its pens mpl, dot and mermaid) and of a run (traces)."""
