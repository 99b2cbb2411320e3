import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

const api = { target: 'http://127.0.0.1:8787' }

/** `npm run dev` beside a running server; `npm run build` into `dist/`, which the server serves. */
export default defineConfig({
  plugins: [react()],
  server: { proxy: { '/v1': api, '/ledger': api } },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2022',
    // The pages are served under `default-src 'self'`: no data: addresses for images or fonts.
    assetsInlineLimit: 0,
  },
})
