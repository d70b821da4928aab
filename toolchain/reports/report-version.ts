// The version of the reports.

/** Of a simulation's report: it grows when a field goes or changes its meaning; fields may be added without. */
export const simulationReportVersion = 1
