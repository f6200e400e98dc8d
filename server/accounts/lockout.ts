/** Wrong passwords in a row that cost nothing but the answer. */
const FREE_TRIES = 5
const FIRST_WAIT_S = 60
const LONGEST_WAIT_S = 3_600

/** A day after the first one, wrong passwords are forgotten. */
export const FORGET_AFTER_MS = 86_400_000

/**
 * How long the `count`th wrong password in a row locks its e-mail address, in seconds: nothing up to four, a minute at
 * the fifth, then twice as long each time, an hour at most.
 */
export const waitSeconds = (count: number): number =>
  count < FREE_TRIES ? 0 : Math.min(FIRST_WAIT_S * 2 ** Math.min(count - FREE_TRIES, 16), LONGEST_WAIT_S)

/** What a locked out person reads; the same whether or not anybody has that address. */
export const lockedMessage = (remainingSeconds: number): string => {
  const wait = remainingSeconds < 60 ? `${remainingSeconds} s` : `${Math.ceil(remainingSeconds / 60)} min`
  return `Too many wrong passwords for this address. Try again in ${wait}, or reset the password by mail.`
}
