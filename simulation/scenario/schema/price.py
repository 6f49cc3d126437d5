"""Prices that change, and how members respond."""

from __future__ import annotations

from pydantic import Field

from simulation.scenario.schema.base import Change, Day, Growth, Number, Part, SignedShare, YesNo


class PriceChange(Part):
    """A dated change of price."""

    date: Day = Field(description="From this day on.")
    change: Change = Field(description="Relative change of the price; negative for a cut.")
    grandfather: YesNo = Field(default=False, description="Whether members present before the date keep their price.")


class PriceResponse(Part):
    """Response to each +10% of price; zero is allowed and warned about."""

    renewal: Number = Field(default=0.0, description="Logit points of renewing per +10% (negative: fewer renew).")
    joining: SignedShare = Field(
        default=0.0, description="Relative change of the arrival rate per +10% (negative: fewer join)."
    )
    contraction: Number = Field(default=0.0, description="Logit points of contracting per +10%.")


class Price(Part):
    """Yearly uplift, dated changes, response."""

    uplift: Growth = Field(default=0.0, description="Yearly uplift applied at renewals, compounding.")
    changes: tuple[PriceChange, ...] = Field(default=(), description="Dated price changes, in order of date.")
    response: PriceResponse = Field(default=PriceResponse(), description="How members respond to a higher price.")
