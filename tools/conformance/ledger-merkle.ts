import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { verifyConsistency, verifyInclusion, verifySubtreeConsistency, verifySubtreeInclusion } from '@bailee/proof'
import type { Group } from './group.ts'

/** 518 positive and negative probes of transparency-dev/merkle. */
export const ledgerMerkle: Group = {
  name: 'ledger: Merkle proofs (transparency-dev)',
  run(folder, report) {
    const root = join(folder, 'ledger', 'merkle-testdata', 'testdata')
    const kinds = {
      inclusion: (probe: Probe) =>
        verifyInclusion({
          index: probe.integer('leafIdx'),
          size: probe.integer('treeSize'),
          leafHash: probe.bytes('leafHash'),
          proof: probe.list('proof'),
          root: probe.bytes('root'),
        }),
      consistency: (probe: Probe) =>
        verifyConsistency({
          size1: probe.integer('size1'),
          size2: probe.integer('size2'),
          root1: probe.bytes('root1'),
          root2: probe.bytes('root2'),
          proof: probe.list('proof'),
        }),
      subtreeinclusion: (probe: Probe) =>
        verifySubtreeInclusion({
          index: probe.integer('leafIdx'),
          start: probe.integer('start'),
          end: probe.integer('end'),
          leafHash: probe.bytes('leafHash'),
          proof: probe.list('proof'),
          root: probe.bytes('root'),
        }),
      subtreeconsistency: (probe: Probe) =>
        verifySubtreeConsistency({
          start: probe.integer('start'),
          end: probe.integer('end'),
          size: probe.integer('size'),
          root1: probe.bytes('root1'),
          root2: probe.bytes('root2'),
          proof: probe.list('proof'),
        }),
    }
    for (const [kind, verify] of Object.entries(kinds)) {
      const files = readdirSync(join(root, kind), { recursive: true, encoding: 'utf8' })
      for (const file of files.filter((name) => name.endsWith('.json')).sort()) {
        const probe = new Probe(readFileSync(join(root, kind, file), 'utf8'))
        report.check(`${kind}/${file}`, () => verify(probe) === !probe.wantsError)
      }
    }
  },
}

class Probe {
  readonly #values: Record<string, unknown>

  constructor(text: string) {
    // Integers go up to 2^64-1: keep their digits, a double would round them.
    this.#values = JSON.parse(text, (_name, value: unknown, context?: { readonly source?: string }) =>
      typeof value === 'number' ? BigInt(context!.source!) : value,
    ) as Record<string, unknown>
  }

  get wantsError(): boolean {
    return this.#values.wantErr === true
  }

  /** NaN for what is no exact number: the verifiers must refuse it. */
  integer(name: string): number {
    const value = this.#values[name]
    if (typeof value !== 'bigint') throw new Error(`${name} is not an integer`)
    return value > BigInt(Number.MAX_SAFE_INTEGER) || value < 0n ? Number.NaN : Number(value)
  }

  bytes(name: string): Uint8Array {
    return fromBase64(this.#values[name])
  }

  list(name: string): Uint8Array[] {
    return ((this.#values[name] ?? []) as unknown[]).map(fromBase64)
  }
}

function fromBase64(value: unknown): Uint8Array {
  return new Uint8Array(Buffer.from((value ?? '') as string, 'base64'))
}
