"""Fitting: assumptions from a history, directly where they are seen and by simulation where they are not."""

from simulation.evidence.fit.fit import Fit, Quantity, fit
from simulation.evidence.fit.latent import Latent, Shared, first_round, fit_latent

__all__ = ["Fit", "Latent", "Quantity", "Shared", "first_round", "fit", "fit_latent"]
