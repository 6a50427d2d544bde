"""What comes next, and how sure: forecasts of short business series with honest intervals.

    forecast(series, 18)            one series → Forecast
    forecast_many(panel, 18)        many series → SeriesPanel(forecasts, refused)
    read_long(frame)                a long table → the panel, its season, its period notation

Method, sources and what was rejected: ``docs/methods/forecast.md``.
"""

from metrics.forecast.panel import LEVELS, MODEL, SEED, SeriesPanel, forecast, forecast_many
from metrics.forecast.result import Backtest, Forecast
from metrics.forecast.table import LongTable, read_long

__all__ = [
    "LEVELS",
    "MODEL",
    "SEED",
    "Backtest",
    "Forecast",
    "LongTable",
    "SeriesPanel",
    "forecast",
    "forecast_many",
    "read_long",
]
