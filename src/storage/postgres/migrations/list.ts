import type { Migration } from 'kysely/migration'
import * as ledger from './0001-ledger.ts'
import * as budgets from './0002-budgets.ts'
import * as access from './0003-access.ts'
import * as units from './0004-budget-units.ts'
import * as switches from './0005-switches-and-alerts.ts'
import * as prices from './0006-prices.ts'
import * as recall from './0007-recall-and-adjustments.ts'
import * as jobs from './0008-jobs.ts'
import * as idempotency from './0009-idempotency-keys.ts'
import * as feedback from './0011-feedback.ts'
import * as asked from './0012-asked.ts'
import * as quality from './0013-quality.ts'
import * as policies from './0014-policy-versions.ts'

/*
 * Every change of the schema, in order. A migration that was released is never edited. Old and new versions of the gateway run side by
 * side during an upgrade, so a migration only adds: new columns have defaults or may be null, and what is no longer used is dropped one
 * release later.
 */

/** All migrations by name; the names' order is the order in which they run. */
export const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '0001_ledger': ledger,
  '0002_budgets': budgets,
  '0003_access': access,
  '0004_budget_units': units,
  '0005_switches_and_alerts': switches,
  '0006_prices': prices,
  '0007_recall_and_adjustments': recall,
  '0008_jobs': jobs,
  '0009_idempotency_keys': idempotency,
  '0011_feedback': feedback,
  '0012_asked': asked,
  '0013_quality': quality,
  '0014_policy_versions': policies,
}
