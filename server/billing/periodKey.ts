/** States the fact that a period's invoice bills: made twice it is one. */
export const periodKey = (subscriptionId: bigint, start: Date): string =>
  `period:${subscriptionId}:${start.toISOString()}`
