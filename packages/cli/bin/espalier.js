#!/usr/bin/env node
import { main } from '../dist/main.js';

// Whoever reads may stop early (`espalier groups … | head`): that is no failure.
process.stdout.on('error', (error) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

process.exitCode = await main(process.argv.slice(2));
