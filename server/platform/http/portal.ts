import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { HttpServer } from './server.ts'

/** Serves the built portal; every path that is no file and asks for a page gets the shell, which knows the routes. */
export async function mountPortal(http: HttpServer, folder: string): Promise<boolean> {
  if (!existsSync(join(folder, 'index.html'))) return false
  const shell = readFileSync(join(folder, 'index.html'))
  await http.raw.register(fastifyStatic, {
    root: folder,
    wildcard: false,
    index: false,
    setHeaders: (reply, path) => {
      // Hashed names never change their content.
      reply.header('cache-control', path.includes('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache')
      // The consent component stands in other people’s pages: as a module, and pinned by its hash.
      if (path.includes('/embed/'))
        reply.header('access-control-allow-origin', '*').header('cross-origin-resource-policy', 'cross-origin')
    },
  })
  const page = async (
    _request: unknown,
    reply: { header(name: string, value: string): typeof reply; send(body: unknown): unknown },
  ) => reply.header('content-type', 'text/html; charset=utf-8').header('cache-control', 'no-cache').send(shell)
  for (const path of [
    '/',
    '/person',
    '/person/*',
    '/provider',
    '/provider/*',
    '/authority',
    '/authority/*',
    '/public',
    '/public/*',
  ])
    http.raw.get(path, page as never)
  return true
}
