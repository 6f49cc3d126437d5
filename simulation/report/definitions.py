"""What the words and measures of a report mean."""

__all__ = ["DEFINITIONS", "definition"]

DEFINITIONS = {
    "P10, P50, P90": "Percentiles over the simulated futures: one in ten, five in ten and nine in ten lie below.",
    "95% interval": "The error of simulating a limited number of futures. It shrinks with more futures; P10 to P90 "
    "does not. Replications that share a draw of the assumptions count as one cluster.",
    "Member": "One customer or association member, present from joining to leaving, members in grace included.",
    "ARR": "Recurring revenue of the members present, money per year, at the end of a period. ARR at the end = ARR at "
    "the start + new + returned + expansion + uplift − contraction − churn, exact to the cent.",
    "Expansion": "ARR added by opportunities that members take at milestones, by quota pushes and by the recurring "
    "price of interventions.",
    "Uplift, contraction, churn": "ARR added by price changes of members present; given up at renewal by members who "
    "stay; lost with members who leave.",
    "Net revenue retention (NRR)": "ARR at the end of the window of the closed cohort of members present at its start, "
    "divided by their ARR at the start. Uplift, and returns within the window, are included; new members are not.",
    "Gross revenue retention (GRR)": "The same cohort, each member counting at most with the ARR it started with: sum "
    "of min(end, start) / sum of start.",
    "Members lost": "Members present at the start of the window and not at its end, divided by those at its start.",
    "Renewal rate": "Contracts renewed / contracts up for renewal and decided within the window; a recovery in grace "
    "counts as won. First renewal rate: the same for the first renewal decided of each member who has not left before; "
    "with terms of 12 months that is the renewal of the first year. By number of terms, lost renewals count, too.",
    "Take rate": "Opportunities taken / offered at milestones; quota pushes are counted apart.",
    "Quick ratio": "(new + expansion) / (churn + contraction), of ARR, over the window.",
    "Recurring revenue": "The integral of ARR over the window: what is earned, in money.",
    "Contribution": "Recurring revenue + fees − cost of interventions − cost of teams.",
    "Team use": "Hours worked / hours available for interventions, over the window.",
    "Wait": "Days from the request to the start of the work, of requests whose work starts within the window.",
    "Queue": "Requests waiting; its mean over time.",
    "Luck and what we do not know": "The variance of a measure splits into E[Var(Y|a)], estimated from pairs of "
    "replications that share the assumptions a as the mean of (Y1 − Y2)² / 2, and Var(E[Y|a]), the rest of the "
    "analysis of variance. The interval is a jackknife over pairs.",
    "Effect of an assumption": "Spearman's rank correlation with the mean of the pair; interval by Fisher's z.",
    "Numbers by evidence": "Non-zero numbers of segments, teams, interventions and selling in the resolved scenario. "
    "An assumption counts in the place of the number that it replaces. Part of what moves ARR: squared correlations of "
    "the assumptions with ARR at the end; what they leave over is luck and joint effects.",
    "Beta-geometric curve": "r(t) = (b + t − 1) / (a + b + t − 1) (Fader & Hardie 2007): the rate at the t-th renewal "
    "when each member keeps one renewal probability drawn from a Beta distribution. a and b are fitted to the first "
    "and the overall rate, the overall rate being that of 13 terms of steady intake.",
    "Direction": "Angle between where a member heads and the Desired Outcome. On track: less than 45 degrees; "
    "drifting: 45 to 90; away: 90 and more.",
    "Windows": "A period or window holds its first moment and not its last. The last 12 months are the twelve calendar "
    "months before the end of the horizon.",
}

_OF_MEASURES = {
    "members": "Member", "members_open": "Member", "arr": "ARR", "arr_open": "ARR", "expansion": "Expansion",
    "uplift": "Uplift, contraction, churn", "contraction": "Uplift, contraction, churn",
    "churn": "Uplift, contraction, churn", "nrr": "Net revenue retention (NRR)",
    "grr": "Gross revenue retention (GRR)", "logo_churn": "Members lost", "renewal_rate": "Renewal rate",
    "first_renewal_rate": "Renewal rate", "take_rate": "Take rate", "quick_ratio": "Quick ratio",
    "revenue": "Recurring revenue", "contribution": "Contribution", "utilisation": "Team use", "wait": "Wait",
    "queue": "Queue", "queue_mean": "Queue", "on_track": "Direction", "drifting": "Direction", "away": "Direction",
    "on_track_share": "Direction",
}  # fmt: skip
_SHORT = {
    "joined": "Members who joined, those who returned not counted.",
    "referred": "Members who joined because another member referred them.",
    "left": "Members who left, at a renewal or within a term.",
    "returned": "Members who had left and joined again.",
    "new": "ARR of members who joined.",
    "returned_arr": "ARR of members who had left and joined again.",
    "renewals_due": "Contracts up for renewal.",
    "renewals_won": "Contracts renewed; a recovery in grace counts as won.",
    "renewals_lost": "Contracts up for renewal that were not renewed.",
    "first_renewals_won": "First renewals of members that were won.",
    "first_renewals_lost": "First renewals of members that were lost.",
    "fees": "What members pay for single deliveries of interventions.",
    "cost": "Cost of interventions and cost of teams.",
    "intervention_cost": "What interventions cost beside their teams: for each delivery, each month, and once.",
    "team_cost": "Loaded cost of the people in the teams.",
    "in_adoption": "Members whose next milestone is one of adoption: they have not reached first value.",
    "in_value": "Members whose next milestone is one of value.",
    "in_growth": "Members whose next milestone is one of growth.",
    "journey_complete": "Members with no milestone ahead.",
    "in_grace": "Members past a renewal that they have not made, whose term of grace is running.",
    "reached": "Milestones that members reached.",
    "offered": "Opportunities offered at milestones.",
    "taken": "Opportunities taken at milestones.",
    "lapsed": "Opportunities whose window closed before the member was ready.",
    "pushed": "Opportunities pushed to reach a quota, before their milestone.",
    "push_taken": "Pushed opportunities that were taken.",
    "push_expansion": "ARR added by pushed opportunities.",
    "setbacks": "Issues that members met.",
    "escalations": "Setbacks that stayed unresolved for too long.",
    "impatient": "Times that a member waited longer for a team than its patience and turned away.",
    "shifts": "Times that what a member wants changed.",
    "recognised": "Times that a member saw the value that it had reached.",
    "requested": "Times that an intervention was wanted for a member.",
    "refused": "Requests that members did not accept.",
    "started": "Deliveries begun.",
    "delivered": "Deliveries finished.",
    "withdrawn": "Requests that ended because the member left.",
    "work_hours": "Hours that teams worked on interventions.",
    "intervention_recurring": "ARR that the recurring price of interventions added.",
    "hours": "Hours that a team worked.",
}


def definition(measure: str) -> str:
    """What a measure means, in a sentence or two; empty for what is no measure."""
    title = _OF_MEASURES.get(measure)
    return DEFINITIONS[title] if title else _SHORT.get(measure, "")
