import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { StubLedger } from './stub-ledger.ts'

export interface Asked {
  readonly method: string
  readonly path: string
  readonly key: string | undefined
  readonly body: unknown
}
export interface Reply {
  readonly status?: number
  readonly body: unknown
}
export interface StubOptions {
  readonly ledger: StubLedger
  /** Answers `/v1/…`; undefined leaves it to the stub. */
  readonly api?: (asked: Asked) => Reply | undefined
  /** What stands in place of a file of the log, for damage. `null` is 404; undefined leaves it to the ledger. */
  readonly file?: (path: string) => Uint8Array | string | null | undefined
}

/** Answers by the contract, with a log that can be damaged. */
export async function stubServer(options: StubOptions) {
  const asked: Asked[] = []
  const current = { ...options }
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const text = Buffer.concat(chunks).toString()
    const path = request.url ?? ''
    const one = {
      method: request.method ?? '',
      path,
      key: request.headers.authorization?.replace('Bearer ', ''),
      body: text === '' ? undefined : (JSON.parse(text) as unknown),
    }
    asked.push(one)
    const { ledger, api, file } = current
    if (path.startsWith('/ledger/')) {
      const name = path.slice('/ledger/'.length)
      const given = file?.(name)
      const bytes = given === undefined ? (name === 'checkpoint' ? ledger.checkpoint() : ledger.file(name)) : given
      if (bytes === undefined || bytes === null) return response.writeHead(404).end()
      return response.writeHead(200).end(bytes)
    }
    const reply = api?.(one) ?? (path === '/v1/ledger/status' ? { body: ledger.status() } : undefined)
    const { status = 200, body } = reply ?? {
      status: 404,
      body: { type: '', title: 'There is nothing at this address.', status: 404, code: 'route_unknown' },
    }
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    /** Changed by a test to change the world between two runs. */
    current: current as { -readonly [Name in keyof StubOptions]: StubOptions[Name] },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
