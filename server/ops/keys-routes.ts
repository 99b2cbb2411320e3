import { keys as wire } from '@bailee/contract'
import { type Actor, day, instant, type OrganisationId, Refusal } from '#kernel'
import { destroyedWithinDays, epochEnd, type HttpServer, type Rotation } from '#platform'

/** Key life over HTTP. Rotating is no dangerous act: it happens by itself, may be done again, and opens nothing. */
export function mountKeysRoutes(
  http: HttpServer,
  rotation: Rotation,
  isFirstOrganisation: (tenant: OrganisationId) => Promise<boolean>,
  backupDays: number,
): void {
  async function assertOperator(actor: Actor): Promise<void> {
    if ((actor.kind !== 'client' && actor.kind !== 'staff') || !(await isFirstOrganisation(actor.tenant)))
      throw new Refusal('ability_missing', { missing: { ability: 'administer', of: 'the first organisation' } })
  }
  async function status() {
    const { present, running, oldKeys, oldestEpoch, rotation: state } = await rotation.status()
    return {
      epoch: present,
      epochEndsAt: instant(epochEnd(present)),
      oldKeys,
      oldestEpoch,
      dueAt: oldestEpoch === null ? null : instant(epochEnd(oldestEpoch).getTime() + destroyedWithinDays * day),
      backupDays,
      running,
      rotation: state
        ? {
            epoch: state.epoch,
            state: state.state,
            expected: state.expected,
            seen: state.seen,
            rewrapped: state.rewrapped,
            skipped: state.skipped,
            damaged: state.damaged,
            destroyed: state.destroyed,
            startedAt: instant(state.startedAt),
            movedAt: instant(state.movedAt),
            finishedAt: state.finishedAt && instant(state.finishedAt),
          }
        : null,
    }
  }
  http.mount(wire.keysStatus, async ({ actor }) => {
    await assertOperator(actor)
    return status()
  })
  http.mount(wire.rotateKeys, async ({ actor, body }) => {
    await assertOperator(actor)
    rotation.kick(body.rate)
    return status()
  })
  http.mount(wire.pauseRotation, async ({ actor }) => {
    await assertOperator(actor)
    await rotation.pause()
    return status()
  })
}
