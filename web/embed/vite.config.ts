import { defineConfig } from 'vite'

/** The consent component: one file, without a framework and without a hash in its name, for other people’s pages. */
export default defineConfig({
  root: import.meta.dirname,
  build: {
    outDir: '../dist/embed',
    emptyOutDir: true,
    copyPublicDir: false,
    target: 'es2022',
    // One plain script: it works as `<script src>` and as a module, and can be pinned by its hash.
    lib: { entry: 'consent.ts', formats: ['iife'], name: 'BaileeConsent', fileName: () => 'consent.js' },
  },
})
