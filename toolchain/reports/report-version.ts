// The version of the reports.

/** Of a simulation's report: it grows when a field is removed or changes its meaning; a field may be added without a new version. */
export const simulationReportVersion = 1
