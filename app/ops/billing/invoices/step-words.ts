const WORDS: Record<string, string> = {
  past_due: 'told past due',
  reminded: 'reminded',
  final_notice: 'last notice sent',
  grace: 'suspension announced',
  suspended: 'suspended',
  restored: 'restored',
  released: 'hold lifted without payment',
  reopened: 'open again',
  failed: 'a payment failed',
}

/** A step of collection in words; what stands behind its colon is which attempt or round it was. */
export const stepWords = (step: string): string => WORDS[step.split(':')[0] ?? ''] ?? step
