"""What the words and measures of a report mean."""

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
