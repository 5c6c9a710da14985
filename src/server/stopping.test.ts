import { expect, it } from 'vitest'
import { json, startTestService } from './test-service.contract.ts'

/* What callers and load balancers see of a gateway that was told to stop. */

it('goes on to take calls for a while, and says that it is not ready any more', async () => {
  const under = await startTestService({ server: { port: 0, drain: '1s', drain_delay: '10m' }, auth: { mode: 'none' } })
  expect((await under.ask('/readyz')).status).toBe(200)
  const stopped = under.service.stop()
  const ready = await under.ask('/readyz')
  expect([ready.status, (await json(ready)).status]).toEqual([503, 'draining'])
  expect((await under.ask('/livez')).status).toBe(200)
  const served = await under.call()
  // Its next call goes to another one.
  expect([served.status, served.headers.get('connection')]).toEqual([200, 'close'])
  await served.text()
  await under.service.stop({ atOnce: true })
  await stopped
  await expect(under.ask('/livez')).rejects.toThrow()
  await under.stop()
})

it('takes nothing new from the first moment where no time is given', async () => {
  const under = await startTestService({ auth: { mode: 'none' } })
  const stopped = under.service.stop()
  expect(under.service.house.engine().draining()).toBe(true)
  await stopped
  await expect(under.ask('/livez')).rejects.toThrow()
  await under.stop()
})
