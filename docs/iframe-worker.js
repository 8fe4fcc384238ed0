// Browsers start no worker for a page from the disk. There, the search runs in a hidden frame.
if (location.protocol === "file:") {
  const start = (frame) => {
    frame.importScripts = async (...urls) => {
      for (const url of urls) {
        await new Promise((loaded, failed) => {
          const script = frame.document.createElement("script");
          Object.assign(script, { src: url, onload: loaded, onerror: failed });
          frame.document.head.append(script);
        });
      }
    };
    return frame;
  };
  window.Worker = class extends EventTarget {
    constructor(url) {
      super();
      const element = document.createElement("iframe");
      element.hidden = true;
      document.body.append(element);
      this.frame = start(element.contentWindow);
      this.frame.postMessage = (data) => this.dispatchEvent(new MessageEvent("message", { data }));
      this.ready = this.frame.importScripts(url);
    }

    async postMessage(data) {
      await this.ready;
      this.frame.dispatchEvent(new MessageEvent("message", { data }));
    }
  };
}
