// The bounds on a file; each is named by the error that refuses it.

export const fileLimits = {
  bytes: 2 ** 31 - 1,
  nodes: 50_000,
  initializers: 100_000,
  values: 1_000,
  ports: 1_000,
  nameLength: 2_000,
} as const
