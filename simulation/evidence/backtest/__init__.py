"""Was the model right before? Forecasts as of past days, scored against what came, beside simple baselines."""
