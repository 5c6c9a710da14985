import { systemClock } from '../../lib/clock.ts'
import type { CommonFlags } from '../cli.ts'
import type { CliContext } from '../context.ts'
import { type ConfigFlags, loadConfig } from '../load-config.ts'
import type { Output, Style } from '../output.ts'
import { problemLines } from '../problem-list.ts'
import { checkCoordination } from './coordination.ts'
import { checkDataDirectory } from './data-directory.ts'
import { type Finding, fail, ok } from './finding.ts'
import { checkLedger } from './ledger.ts'
import { checkPrices } from './prices.ts'
import { checkProviders } from './providers.ts'

/** What `doctor` is told by its flags. */
export interface DoctorFlags extends CommonFlags, ConfigFlags {
  readonly online?: boolean
}

/** Looks at everything the gateway needs. Gives 1 when something would keep it from working. */
export async function doctor(context: CliContext, output: Output, flags: DoctorFlags): Promise<0 | 1> {
  const findings: Finding[] = [ok('runtime', `Node.js ${process.versions.node} on ${process.platform} ${process.arch}`)]
  const { file, result } = await loadConfig(flags, context)
  if (result.ok) {
    const { config, notes } = result
    findings.push(ok('config', file === null ? 'no file: the environment decides' : `${file} is valid`))
    for (const note of notes) findings.push(ok('config', note))
    const { target } = config.storage
    if (target.kind === 'embedded') findings.push(...(await checkDataDirectory(target.dataDir)))
    findings.push(...(await checkLedger(target, systemClock)), ...(await checkCoordination(config.coordination)))
    findings.push(...(await checkProviders(config, flags.online ?? false)), ...(await checkPrices(config, systemClock)))
  } else {
    for (const line of problemLines(result.problems)) findings.push(fail('config', line, 'headgate check says more'))
  }
  const failures = findings.filter(({ verdict }) => verdict === 'fail').length
  const width = Math.max(...findings.map(({ about }) => about.length))
  const warnings = findings.filter(({ verdict }) => verdict === 'warn').length
  output.result({ healthy: failures === 0, findings }, () => [
    ...findings.flatMap((finding) => linesOf(finding, width, output)),
    failures + warnings === 0
      ? 'Everything is fine.'
      : `${counted(failures, 'failure')}, ${counted(warnings, 'warning')}.`,
  ])
  return failures === 0 ? 0 : 1
}

const STYLES: Readonly<Record<Finding['verdict'], Style>> = { ok: 'green', warn: 'yellow', fail: 'red' }

function linesOf({ about, verdict, says, advice }: Finding, width: number, output: Output): readonly string[] {
  const line = `${output.styled(STYLES[verdict], verdict.padEnd(4))}  ${about.padEnd(width)}  ${says}`
  return advice === undefined ? [line] : [line, `${' '.repeat(6 + width + 2)}→ ${advice}`]
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
