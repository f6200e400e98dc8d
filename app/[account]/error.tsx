'use client'

export { PageFailed as default } from '#app/shell/page-failed.tsx'
