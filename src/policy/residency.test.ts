import { describe, expect, test } from 'vitest'
import { liesIn, placeOf } from './residency.ts'
import { first, ids, refusal, run, task, type World } from './routing-world.contract.ts'

const EUROPEAN: World['tenant'] = { region: 'eu' }

describe('a region', () => {
  test.each([
    ['eu', 'eu', true],
    ['EU', 'eu', true],
    ['eu-west-1', 'eu', true],
    ['europe-west4', 'eu', true],
    ['swedencentral', 'eu', true],
    ['eu-west-2', 'eu', false],
    ['eu-central-2', 'eu', false],
    ['europe-west2', 'eu', false],
    ['europe-west6', 'eu', false],
    ['uksouth', 'eu', false],
    ['global', 'eu', false],
    ['us-east-1', 'eu', false],
    ['us-east-1', 'us', true],
    ['eu', 'eu-west-1', false],
    ['on-premises', 'on-premises', true],
  ])('%s in %s: %s', (region, residency, expected) => {
    expect(liesIn(region, residency)).toBe(expected)
  })

  test('that is not known lies nowhere', () => {
    expect(liesIn(null, 'eu')).toBe(false)
  })

  test('of a global profile of Bedrock is not known, and a caller may not move a call out of its own', () => {
    const deployment = first(run({ model: 'azure-eu/gpt-4o' })).deployment
    const inBedrock = { ...deployment, endpoint: { ...deployment.endpoint, type: 'bedrock', region: 'eu-west-1' } }
    expect(placeOf({ ...inBedrock, model: 'eu.anthropic.claude' })).toBe('eu-west-1')
    expect(placeOf({ ...inBedrock, model: 'global.anthropic.claude' })).toBeNull()
    expect(placeOf({ ...inBedrock, model: 'arn:aws:bedrock:eu-west-1:1:inference-profile/global.x' })).toBeNull()
    expect(placeOf({ ...deployment, asked: { geography: 'us' } })).toBe('us')
  })
})

describe('where data may go', () => {
  const tasks = [task('t', { default: 'large', fallback: ['azure-eu/gpt-4o', 'home/llama', 'home-us/llama'] })]

  test('a tenant with a region is served there and nowhere else, in every fallback too', () => {
    expect(ids(run({ model: 't' }, { tasks, tenant: EUROPEAN }))).toEqual(['azure-eu/gpt-4o', 'home/llama'])
    expect(ids(run({ model: 't' }, { tasks }))).toHaveLength(5)
  })

  test('restricted data goes to private providers only', () => {
    const context = { dataSensitivity: 'restricted' } as const
    expect(ids(run({ model: 't', context }, { tasks }))).toEqual(['home/llama', 'home-us/llama'])
    expect(ids(run({ model: 't', context }, { tasks, tenant: EUROPEAN }))).toEqual(['home/llama'])
    const confidential = { dataSensitivity: 'confidential' } as const
    expect(ids(run({ model: 't', context: confidential }, { tasks }))).toHaveLength(5)
  })

  test('what a caller says of its own region, or what it names directly, changes nothing', () => {
    const us = { context: { region: 'us' } }
    expect(ids(run({ model: 't', ...us }, { tasks, tenant: EUROPEAN }))).toEqual(['azure-eu/gpt-4o', 'home/llama'])
    expect(refusal({ model: 'home-us/llama', ...us }, { tenant: EUROPEAN }).code).toBe('residency_violation')
    expect(refusal({ model: 't', insteadOf: 'home-us/llama' }, { tasks, tenant: EUROPEAN }).code).toBe(
      'residency_violation',
    )
  })

  test('a refusal says residency when data alone excluded everything, and lists every reason', () => {
    const context = { dataSensitivity: 'restricted' } as const
    const error = refusal({ model: 'large', context }, { tenant: { region: 'eu' } })
    expect([error.code, error.status]).toEqual(['residency_violation', 403])
    const mixed = refusal({ model: 'azure-eu/gpt-4o', context }, { tenant: EUROPEAN })
    expect(mixed.code).toBe('residency_violation')
    const others = [task('t', { default: 'home-us/llama', fallback: ['azure-eu/gpt-4o'] })]
    const notAlone = refusal({ model: 't' }, { tasks: others, tenant: { region: 'eu', allowedModels: ['home/llama'] } })
    expect(notAlone).toMatchObject({
      code: 'no_eligible_model',
      details: {
        candidates: [
          { deployment: 'home-us/llama', reason: 'outside_region' },
          { deployment: 'azure-eu/gpt-4o', reason: 'model_not_allowed' },
        ],
      },
    })
  })
})
