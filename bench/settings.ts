/** How the bench is run. */
export interface Settings {
  readonly rounds: number
  /** Calls at a time. */
  readonly concurrency: number
  /** How long each subject is called, for each workload and round. */
  readonly seconds: number
  /** How many calls each subject takes before that, until its code is compiled as well as it will be. */
  readonly warmUpCalls: number
  /** How long each subject is then called with each workload, to know that one too. */
  readonly warmUpSeconds: number
  /** Whether callers call again as soon as they have a reply, so that the cheaper subject is called more often. */
  readonly unpaced: boolean
  readonly json: boolean
  /** A workload to be profiled in the gateway instead of measured, and the file for the profile. */
  readonly profile: { readonly workload: string; readonly file: string } | null
  /** A workload whose functions are counted instead. */
  readonly functions: string | null
  /** A workload whose allocations are counted instead. */
  readonly allocations: { readonly workload: string; readonly file: string } | null
}

/** What `--help` prints. */
export const USAGE = `usage: npm run bench -- [options]
  --quick              fewer and smaller rounds: about two minutes
  --rounds N           rounds (default 7)
  --concurrency N      calls at a time (default 64)
  --unpaced            call again whenever a reply is there; else both subjects are called equally often
  --json               print the figures as JSON
  --profile WORKLOAD   profile the gateway under "290 B", "9 KB", "214 KB", "1 chunk", "20 chunks" or "200 chunks" instead
  --functions WORKLOAD count how often each function runs for such a call instead
  --allocations WORKLOAD
                       count the bytes that such a call allocates, by function, instead
  --to FILE            where the profile goes (default ./gateway.cpuprofile or ./gateway.heapprofile)`

/** Reads the flags. Throws RangeError with what is wrong with them. */
export function settingsFrom(flags: readonly string[]): Settings {
  const known = new Set([
    '--quick',
    '--json',
    '--unpaced',
    '--rounds',
    '--concurrency',
    '--profile',
    '--functions',
    '--allocations',
    '--to',
  ])
  const valued = new Map<string, string>()
  const set = new Set<string>()
  for (let at = 0; at < flags.length; at += 1) {
    const flag = flags[at] ?? ''
    if (!known.has(flag)) throw new RangeError(`unknown flag ${flag}`)
    if (flag === '--quick' || flag === '--json' || flag === '--unpaced') set.add(flag)
    else {
      at += 1
      const value = flags[at]
      if (value === undefined) throw new RangeError(`${flag} needs a value`)
      valued.set(flag, value)
    }
  }
  const quick = set.has('--quick')
  const [profile, allocations] = [valued.get('--profile'), valued.get('--allocations')]
  const to = valued.get('--to')
  return {
    rounds: count(valued.get('--rounds'), quick ? 3 : 7),
    concurrency: count(valued.get('--concurrency'), 64),
    seconds: quick ? 1 : 2,
    warmUpCalls: quick ? 15_000 : 30_000,
    warmUpSeconds: quick ? 2 : 5,
    unpaced: set.has('--unpaced'),
    json: set.has('--json'),
    profile: profile === undefined ? null : { workload: profile, file: to ?? 'gateway.cpuprofile' },
    functions: valued.get('--functions') ?? null,
    allocations: allocations === undefined ? null : { workload: allocations, file: to ?? 'gateway.heapprofile' },
  }
}

function count(text: string | undefined, usual: number): number {
  if (text === undefined) return usual
  const value = Number(text)
  if (Number.isInteger(value) && value > 0) return value
  throw new RangeError(`${text} is not a whole number above 0`)
}
