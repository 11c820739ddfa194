import { describe, expect, it } from 'vitest';
import { type BrowserView, describeBrowser, isHandheld } from './describe-browser.ts';

const runtime = 'onnxruntime-web 1.30.0';
const chrome =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/149.0.0.0 Safari/537.36';
const iphone =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.1 Mobile/15E148 Safari/604.1';
const mac =
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Safari/605.1.15';

describe('describeBrowser', () => {
  it.each([
    [chrome, 'Chrome on Linux', 'Chrome 149'],
    [`${chrome} Edg/149.0.0.0`, 'Edge on Linux', 'Edge 149'],
    [
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0',
      'Firefox on Windows',
      'Firefox 140',
    ],
    [iphone, 'Safari on iPhone iOS 19', 'Safari 19'],
    [mac, 'Safari on macOS', 'Safari 19'],
    ['curl', 'Browser on unknown system', 'Browser'],
  ])('%s', (userAgent, name, browser) => {
    expect(describeBrowser({ userAgent, isolated: true }, runtime)).toMatchObject({
      kind: 'browser',
      name,
      browser,
    });
  });

  it('tells the model and version of a phone where the browser does', () => {
    const hints = { platform: 'Android', platformVersion: '16.0.0', model: 'Pixel 9', architecture: '' };
    const phone: BrowserView = {
      userAgent: chrome,
      hints,
      hardwareConcurrency: 8,
      isolated: true,
      adapter: 'arm',
    };
    expect(describeBrowser(phone, runtime)).toEqual({
      kind: 'browser',
      name: 'Chrome on Pixel 9',
      runtime,
      providers: ['wasm', 'webgpu'],
      processor: 'Pixel 9',
      adapter: 'arm',
      cores: 8,
      os: 'Android 16.0.0',
      browser: 'Chrome 149',
      defaultThreads: 4,
      maxThreads: 8,
    });
  });

  it('has one thread where memory cannot be shared', () => {
    const view: BrowserView = { userAgent: chrome, hardwareConcurrency: 8, isolated: false };
    expect(describeBrowser(view, runtime)).toMatchObject({
      providers: ['wasm'],
      defaultThreads: 1,
      maxThreads: 1,
    });
  });
});

it('isHandheld knows phones, and iPads that say they are Macs', () => {
  expect(isHandheld({ userAgent: iphone, isolated: true })).toBe(true);
  expect(isHandheld({ userAgent: mac, maxTouchPoints: 5, isolated: true })).toBe(true);
  expect(isHandheld({ userAgent: mac, maxTouchPoints: 0, isolated: true })).toBe(false);
  expect(isHandheld({ userAgent: chrome, isolated: true })).toBe(false);
});
