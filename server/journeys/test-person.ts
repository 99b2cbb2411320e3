import assert from 'node:assert/strict'
import type { Answer, TestProvider, TestServer } from '../testing.ts'

/** The person's side of a journey: their link, their session, and what they read with it. */
export interface Visitor {
  readonly cookie: string
  mine(): Promise<Answer>
  /** Everything logged about me, newest first, all pages. Waits for the sequencer first. */
  // biome-ignore lint/suspicious/noExplicitAny: tests read members of entries whose shape they are checking
  entries(): Promise<any[]>
  proof(entry: string): Promise<Answer>
}

export async function visit(server: TestServer, provider: TestProvider, person: string): Promise<Visitor> {
  const link = await server.call('POST', '/v1/parties/persons/access-links', { key: provider.key, body: { person } })
  assert.equal(link.status, 201)
  const session = await server.call('POST', '/v1/parties/persons/sessions', { body: { token: link.json.token } })
  assert.equal(session.status, 201)
  const cookie = session.headers.getSetCookie()[0]!.split(';')[0]!
  return {
    cookie,
    mine: () => server.call('POST', '/v1/vault/mine', { cookie, body: {} }),
    async entries() {
      await server.settle()
      const items = []
      for (let cursor: string | null = ''; cursor !== null; ) {
        const page: Answer = await server.call('GET', `/v1/ledger/me/entries${cursor && `?cursor=${cursor}`}`, {
          cookie,
        })
        assert.equal(page.status, 200)
        items.push(...page.json.items)
        cursor = page.json.next
      }
      return items
    },
    proof: (entry) => server.call('GET', `/v1/ledger/me/entries/${entry}/proof`, { cookie }),
  }
}

/** The wire id of the entry that a receipt promises. */
export const entryOf = (receipt: { readonly entry: string }): string => `ent_${receipt.entry.replaceAll('-', '')}`
