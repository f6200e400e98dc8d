/** What /proc/PID/stat says of a process; `startTicks` tells it from a later one with the same number. */
export type ProcessStat = {
  pid: number
  name: string
  parent: number
  /** User and system time since it started. */
  cpuMs: number
  threads: number
  startTicks: number
  virtualBytes: number
}

// USER_HZ is 100 on every Linux architecture that Node runs on (sysconf(3), _SC_CLK_TCK).
const MS_PER_TICK = 10

/** Null where the text is not a stat of a process (proc_pid_stat(5)): its name may hold anything, parentheses too. */
export const parseStat = (text: string): ProcessStat | null => {
  const open = text.indexOf('(')
  const close = text.lastIndexOf(')')
  if (open < 0 || close < open) return null
  const fields = text.slice(close + 2).split(' ')
  const at = (index: number) => Number(fields[index])
  const numbers = {
    pid: Number(text.slice(0, open).trim()),
    parent: at(1),
    cpuMs: (at(11) + at(12)) * MS_PER_TICK,
    threads: at(17),
    startTicks: at(19),
    virtualBytes: at(20),
  }
  if (!Object.values(numbers).every((value) => Number.isFinite(value) && value >= 0)) return null
  return { ...numbers, name: text.slice(open + 1, close) }
}
