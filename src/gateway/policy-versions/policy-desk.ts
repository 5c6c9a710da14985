/*
 * Which policy is in force, and which were. The policy lives either in the configuration file, and then each version that comes into force is noted in the
 * ledger; or in the ledger, and then every instance takes the newest published version within a second or two, and the sections of the file are no more than the
 * first of them. What is in force stays so while a newer version cannot be: an instance whose file lacks a provider that it names, for one.
 */
import { loadPolicySections, loadPolicyText, type PolicyResult } from '../../config/load-policy.ts'
import { policySectionsOf } from '../../config/policy-sections.ts'
import type { Config } from '../../config/schema.ts'
import { GatewayError } from '../../errors/gateway-error.ts'
import type { JsonObject } from '../../lib/json.ts'
import { providerDefinitions } from '../../providers/registry.ts'
import type {
  NewPolicyVersion,
  PolicyChange,
  PolicyStore,
  PolicyVersion,
} from '../../storage/contracts/policy-store.ts'
import type { Log } from '../log.ts'
import { policyRefused } from './policy-refused.ts'
import { changesBetween, hashOf, wholeSections } from './section-changes.ts'

/** What the desk works with. */
export interface PolicyDeskOptions {
  readonly store: PolicyStore
  readonly log: Log
  /** The configuration that the house was opened with. */
  readonly config: Config
  /** Takes a configuration into force. Throws when no engine can be built from it. */
  readonly install: (config: Config) => void
  /** Told that a version could not be taken into force. */
  readonly rejected: () => void
  /** How often the ledger is asked for a newer version. Default 1 s. */
  readonly pollMs?: number
}

/** Who publishes, and why. */
export interface PolicyAuthor {
  readonly actor: string
  readonly reason: string | null
}

/** What publishing would change. */
export interface PolicyPreview {
  /** The newest version, which it would come after. */
  readonly after: number
  readonly hash: string
  /** Nothing: it is the policy in force. */
  readonly changes: readonly PolicyChange[]
}

const POLL_MS = 1_000
/** How often the policy of a file is noted again when another came in between. */
const ATTEMPTS = 5
/** How far back an instance looks for a version that it can serve. */
const LOOKED_BACK = 20

/** The policy of a house. */
export class PolicyDesk {
  readonly source: 'file' | 'ledger'
  readonly #options: PolicyDeskOptions
  #base: Config
  #inForce: PolicyVersion | null = null
  #refused = 0
  #polling: Promise<void> | null = null
  #timer: NodeJS.Timeout | undefined

  constructor(options: PolicyDeskOptions) {
    this.#options = options
    this.#base = options.config
    this.source = options.config.policy.source
  }

  /** The version in force; null when it could not be noted. */
  get inForce(): PolicyVersion | null {
    return this.#inForce
  }

  /** Finds what is in force, or makes it the first version. Rejects when the ledger has versions and none of them can be put into force here. */
  async open(): Promise<void> {
    if (this.source === 'file') return this.#note(this.#base)
    const { store, log } = this.#options
    if ((await store.newest()) === 0) await store.append(versionOf(this.#base, FILE, null), 0)
    const { rows } = await store.list({ limit: LOOKED_BACK })
    for (const version of rows) if (this.#take(version)) break
    if (!this.#inForce)
      throw new GatewayError('invalid_request', 'No published policy can be put into force with this configuration.')
    const written = hashOf(wholeSections(policySectionsOf(this.#base)))
    if (written !== this.#inForce.hash) {
      log.warn(
        { version: this.#inForce.number },
        'the policy in force is a published one; the policy sections of the configuration file do not count (policy.source: ledger)',
      )
    }
    this.#timer = setInterval(() => void this.poll().catch(() => undefined), this.#options.pollMs ?? POLL_MS)
    this.#timer.unref()
  }

  /** The configuration to put into force for one that comes from the file. Throws RangeError when the published policy does not fit into it. */
  over(base: Config): Config {
    if (this.source === 'file' || !this.#inForce) return base
    const result = loadPolicySections(this.#inForce.sections, optionsFor(base))
    if (!result.ok)
      throw new RangeError(
        `the published policy ${this.#inForce.number} does not fit: ${policyRefused(result.problems).message}`,
      )
    return result.config
  }

  /** To be told when a configuration from the file is in force. */
  accepted(base: Config): void {
    this.#base = base
    if (this.source === 'ledger') return
    void this.#note(base)
  }

  /**
   * What publishing a policy would change, from what is in force here; nothing is kept. Rejects as `publish` does, but a policy that lives in the file can be
   * looked at too.
   */
  async preview(text: string, seen?: number): Promise<PolicyPreview> {
    const after = await this.#newestInForce(seen)
    const inForce = this.over(this.#base)
    const result = this.#load(text, inForce)
    if (!result.ok) throw policyRefused(result.problems)
    const before = wholeSections(policySectionsOf(inForce))
    const sections = wholeSections(policySectionsOf(result.config))
    return { after, hash: hashOf(sections), changes: changesBetween(before, sections) }
  }

  /**
   * Publishes a policy. In force here when it resolves. Rejects with GatewayError: `invalid_request` with every problem, `version_conflict` when
   * another came after `after`, or while this one was looked at.
   */
  publish(text: string, author: PolicyAuthor, after?: number): Promise<PolicyVersion> {
    this.#refuseInFile()
    return this.#append(() => this.#load(text), author, after)
  }

  /** Publishes an earlier version again; the one before the newest when none is named. Rejects as `publish` does. */
  async rollback(number: number | null, author: PolicyAuthor, after?: number): Promise<PolicyVersion> {
    this.#refuseInFile()
    const { store } = this.#options
    const newest = await this.#newestInForce(after)
    const wanted = number ?? newest - 1
    const version = wanted >= 1 && wanted < newest ? await store.get(wanted) : null
    if (!version) {
      throw new GatewayError('not_found', `There is no version ${wanted} of the policy before the newest, ${newest}.`)
    }
    const reason = author.reason ?? `back to version ${wanted}`
    const load = (): PolicyResult => loadPolicySections(version.sections, optionsFor(this.#base))
    return this.#append(load, { ...author, reason }, newest)
  }

  /** Publishes sections made from version `after`; null, and nothing is published, when another came after it. In force here when it resolves. Rejects as `publish` does. */
  async revise(sections: JsonObject, author: PolicyAuthor, after: number): Promise<PolicyVersion | null> {
    this.#refuseInFile()
    const result = loadPolicySections(sections, optionsFor(this.#base))
    if (!result.ok) throw policyRefused(result.problems)
    const made = await this.#options.store.append(versionOf(result.config, author, await this.#version(after)), after)
    if (made) this.#take(made)
    return made
  }

  /** Looks for a newer version now. */
  poll(): Promise<void> {
    this.#polling ??= this.#look().finally(() => {
      this.#polling = null
    })
    return this.#polling
  }

  close(): void {
    clearInterval(this.#timer)
  }

  async #look(): Promise<void> {
    const { store } = this.#options
    const newest = await store.newest()
    if (newest <= (this.#inForce?.number ?? 0) || newest === this.#refused) return
    const version = await store.get(newest)
    if (version) this.#take(version)
  }

  /** Puts a version into force; false, and the one before stays, when that cannot be. */
  #take(version: PolicyVersion): boolean {
    const { install, log, rejected } = this.#options
    if (version.number < (this.#inForce?.number ?? 0)) return false
    const result = loadPolicySections(version.sections, optionsFor(this.#base))
    try {
      if (!result.ok) throw policyRefused(result.problems)
      install(result.config)
    } catch (error) {
      this.#refused = version.number
      rejected()
      log.error(
        { version: version.number, err: error },
        'a published policy cannot be put into force here; the one before stays',
      )
      return false
    }
    this.#inForce = version
    log.info({ version: version.number, hash: version.hash, actor: version.actor }, 'a published policy is in force')
    return true
  }

  /** A part is a part of what is in force. Where the policy lives in a file, the next file may be looked at as it is. */
  #load(text: string, inForce = this.over(this.#base)): PolicyResult {
    return loadPolicyText(text, 'policy', { ...optionsFor(inForce), whole: this.source === 'file' })
  }

  /** The newest number, after a look at whether it can be in force here. Rejects when it is not the one that was seen. */
  async #newestInForce(seen?: number): Promise<number> {
    if (this.source === 'ledger') await this.poll()
    const newest = await this.#options.store.newest()
    if (seen !== undefined && seen !== newest) throw superseded(newest, seen)
    return newest
  }

  /** Of several who publish at once one wins; the others have not seen what it made, and are told so. */
  async #append(load: () => PolicyResult, author: PolicyAuthor, after?: number): Promise<PolicyVersion> {
    const { store } = this.#options
    const newest = await this.#newestInForce(after)
    const result = load()
    if (!result.ok) throw policyRefused(result.problems)
    const made = await store.append(versionOf(result.config, author, await this.#version(newest)), newest)
    if (!made) throw superseded(await store.newest(), newest)
    this.#take(made)
    return made
  }

  /** Notes the policy of a file, unless it is the newest version already. A ledger that is away keeps no configuration from being in force. */
  async #note(config: Config): Promise<void> {
    const { store, log } = this.#options
    try {
      for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
        const newest = await store.newest()
        const version = await this.#version(newest)
        if (version?.hash === hashOf(wholeSections(policySectionsOf(config)))) {
          this.#inForce = version
          return
        }
        const made = await store.append(versionOf(config, FILE, version), newest)
        if (!made) continue
        this.#inForce = made
        return
      }
    } catch (error) {
      log.warn({ err: error }, 'the version of the policy could not be noted in the ledger')
    }
  }

  /** A version, without a way to the ledger for the one in force; null for number 0, which there never is. */
  async #version(number: number): Promise<PolicyVersion | null> {
    if (number === this.#inForce?.number) return this.#inForce
    return number === 0 ? null : await this.#options.store.get(number)
  }

  #refuseInFile(): void {
    if (this.source === 'ledger') return
    throw new GatewayError(
      'invalid_request',
      'The policy of this gateway lives in its configuration file: change it there. To publish over the API set policy.source to "ledger" and start the gateway again.',
    )
  }
}

const FILE: PolicyAuthor = { actor: 'file', reason: null }

/** The next version, from what its author wants and the one before it. */
function versionOf(
  config: Config,
  { actor, reason }: PolicyAuthor,
  before: Pick<PolicyVersion, 'sections'> | null,
): NewPolicyVersion {
  const sections = wholeSections(policySectionsOf(config))
  const changes = changesBetween(before?.sections ?? wholeSections({}), sections)
  return { hash: hashOf(sections), source: actor === FILE.actor ? 'file' : 'ledger', actor, reason, sections, changes }
}

function superseded(newest: number, seen: number): GatewayError {
  return new GatewayError(
    'version_conflict',
    `The newest version of the policy is ${newest}, not ${seen}; look at it and publish again.`,
    { param: 'after', details: { newest } },
  )
}

function optionsFor(base: Config) {
  return { base, knownProviders: [...providerDefinitions.values()] }
}
