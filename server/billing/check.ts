/** One thing that was looked at, whether it agrees, and what is to be said of it. */
export type Check = { what: string; agrees: boolean; says: string }

export const check = (what: string, agrees: boolean, says = ''): Check => ({ what, agrees, says })
