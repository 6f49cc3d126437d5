"""Why a forecast was missed."""

from simulation.evidence.attribution.attribution import Attribution, Flags, attribute
from simulation.evidence.attribution.responses import Responses, responses

__all__ = ["Attribution", "Flags", "Responses", "attribute", "responses"]
