"""The page: one HTML file that shows a network, its parameters and its recorded signals, by itself or on a server.

The seam, from which a file and a server are made alike:

- ``content(net, signals)`` is all that the page shows, as plain data. ``content(...).data()`` can be written as JSON.
- ``drawing(net, opened)`` is the drawing in which only the sub-networks ``opened`` stand open, as JSON: what a server
  answers when a page asks for a set of open groups that its content lacks.
- ``render(content)`` is a whole file: it holds Bokeh's own script and fetches nothing.
- ``roots(content)`` are the Bokeh models of the plots, one figure for each signal and one for weights; ``template()``
  is the page as a Jinja template in Bokeh's terms (``bokeh_js``, ``plot_script``, ``roots``), and
  ``variables(content, served=...)`` is what else it needs: a Bokeh application adds the roots to its document and sets
  ``document.template = template()`` and ``document.template_variables.update(variables(content, served="..."))``.

Models by name (``document.get_model_by_name``): ``time`` is the Range1d that all signals share; ``signal:NAME`` the
figure of a signal and ``columns:NAME`` its ColumnDataSource, whose columns ``plots.columns`` makes for any window of
time. The page computes them anew from the content at each zoom, unless the signal is ``live``: then they are the
server's alone.

With ``served="prefix"`` the page asks the server it came from: GET ``prefix/drawing?open=PATH&open=PATH`` for the JSON
of ``drawing``.
"""

from .content import Content, content
from .drawings import drawing
from .plots import columns, roots
from .rendering import BokehMissing, render, template, variables
from .signals import Signal, signal

__all__ = [
    "BokehMissing", "Content", "Signal", "columns", "content", "drawing", "render", "roots", "signal", "template",
    "variables",
]  # fmt: skip
