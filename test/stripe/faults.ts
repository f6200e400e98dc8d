/**
 * What can go wrong with a call: `refused` before anything is done; `lost` after it was done, with no answer; `silent` done,
 * with an answer that never comes; `slow` nothing done, no answer; or an error's status. `on` matches `POST /v1/…`.
 */
export type Fault = { on: string; is: 'refused' | 'lost' | 'silent' | 'slow' | '429' | '500' | '409'; times: number }

/** The fault that a call meets, if any; each happens so many times. */
export const faultFor = (faults: Fault[], method: string, path: string): Fault['is'] | undefined => {
  const call = `${method} ${path}`
  const fault = faults.find((one) => one.times > 0 && new RegExp(one.on).test(call))
  if (fault) fault.times -= 1
  return fault?.is
}
