import type { NextConfig } from 'next'

/** The pages alone: `server/main.ts` answers every other path before Next sees it. */
const config: NextConfig = {
  poweredByHeader: false,
  reactStrictMode: true,
  // `npm run check` types the whole repository in half a second; the build need not do it again.
  typescript: { ignoreBuildErrors: true },
  images: { unoptimized: true },
  devIndicators: false,
  experimental: { authInterrupts: true },
}

export default config
