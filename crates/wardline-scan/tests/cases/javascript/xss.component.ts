import { Component, ElementRef, SecurityContext } from "@angular/core";
import { ActivatedRoute } from "@angular/router";
import { DomSanitizer, SafeHtml } from "@angular/platform-browser";

@Component({ selector: "app-bio", template: `<div [innerHTML]="bio"></div>` })
export class BioComponent {
  bio: SafeHtml;
  clean: string | null;

  constructor(
    private readonly sanitizer: DomSanitizer,
    private readonly route: ActivatedRoute,
    private readonly element: ElementRef,
  ) {
    const text = this.route.snapshot.queryParams["bio"];
    // ruleid: javascript.xss
    this.bio = this.sanitizer.bypassSecurityTrustHtml(text);
    // ok: javascript.xss
    this.clean = this.sanitizer.sanitize(SecurityContext.HTML, text);
  }

  video() {
    const id = this.route.snapshot.queryParamMap.get("video");
    // ruleid: javascript.xss
    return this.sanitizer.bypassSecurityTrustResourceUrl("https://video.example/" + id);
  }

  fixed() {
    // ok: javascript.xss
    return this.sanitizer.bypassSecurityTrustHtml("<b>Welcome</b>");
  }

  native() {
    // ruleid: javascript.xss
    this.element.nativeElement.innerHTML = this.route.snapshot.params["text"];
  }

  text() {
    // ok: javascript.xss
    this.element.nativeElement.textContent = this.route.snapshot.params["text"];
  }
}
