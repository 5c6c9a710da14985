import { Chance } from './chance.ts'
import { untilNothingIsHeld } from './cycle.ts'
import { wrongBooks } from './examine.ts'
import { readBooks } from './ledger-view.ts'
import { type Race, runRace } from './race.ts'
import { AFFORDABLE, fairMood, faultyMood, raceConfig } from './race-scene.ts'
import { moodOf } from './scene.ts'
import { openStand, type Stand } from './stand.ts'

/** How many races, and between whom. */
export interface RacesOptions {
  readonly rounds: number
  readonly seed: number
  /** Default 4. */
  readonly gateways?: number
  /** Default 64. */
  readonly callers?: number
  readonly onRound?: (round: number) => void
  /** See `StandOptions`. */
  readonly onClose?: (close: () => Promise<void>) => void
}

/** What came of all races. */
export interface RacesReport {
  readonly races: readonly Race[]
  /** How often a budget was changed, each time looked at by the database itself. */
  readonly changes: number
  readonly problems: readonly string[]
}

/*
 * The database itself looks at every change of a budget, so that nothing is missed between two looks of ours: when a transaction commits, at what it leaves
 * for others to see. It takes no lock for that, so that the race stays the one it is.
 */
const WITNESS = `
  create sequence race_changes;
  create table race_overruns (key text not null);
  create function race_witness() returns trigger language plpgsql as $$ begin
    perform nextval('race_changes');
    insert into race_overruns select key from budgets
      where key = new.key and window_id = new.window_id and posted_amount + sliced_amount > limit_amount;
    return null;
  end $$;
  create constraint trigger race_witness after insert or update on budgets
    deferrable initially deferred for each row execute function race_witness()`

/** Runs races until one goes wrong, or all are over; every other one with faults. Rejects when the stand cannot be built. */
export async function runRaces(options: RacesOptions): Promise<RacesReport> {
  const { seed, rounds, onClose } = options
  const chance = new Chance(seed)
  const stand = await openStand({
    gateways: options.gateways ?? 4,
    config: raceConfig,
    smallDisks: false,
    redis: false,
    ...(onClose ? { onClose } : {}),
  })
  try {
    await stand.database.run(WITNESS)
    const races: Race[] = []
    for (let number = 1; number <= rounds; number += 1) {
      options.onRound?.(number)
      const faults = number % 2 === 0
      const affordable = AFFORDABLE[Math.floor((number - 1) / 2) % AFFORDABLE.length] ?? 1
      stand.wall.plan(moodOf(seed, faults ? faultyMood : fairMood))
      const race = await runRace({ number, affordable, faults, callers: options.callers ?? 64 }, stand, chance)
      races.push(race)
      if (race.problems.length > 0) break
    }
    return { races, ...(await judge(stand)) }
  } finally {
    await stand.close()
  }
}

async function judge(stand: Stand): Promise<Pick<RacesReport, 'changes' | 'problems'>> {
  const { left } = await untilNothingIsHeld(stand)
  const problems = left.map((key) => `${key}: money is lent a minute after the last call`)
  problems.push(...wrongBooks(await readBooks(stand.database), 0n))
  const [[changes] = [], overruns = []] = await stand.database.ask(
    { text: 'select last_value from race_changes' },
    { text: 'select key, count(*) from race_overruns group by 1' },
  )
  for (const { key, count } of overruns) problems.push(`${key}: beyond its limit ${count} times`)
  return { changes: Number(changes?.last_value), problems }
}
