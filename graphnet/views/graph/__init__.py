"""A network as a picture: what is shown and where it lies (drawing, layout), and the pens mpl, dot and mermaid."""
